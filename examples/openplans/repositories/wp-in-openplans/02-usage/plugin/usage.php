<?php
/*
Plugin Name: OpenPlans usage
Description: A line for each post and comment: time, user, action, object.
Version: 0.4
License: Apache-2.0
*/

function openplans_usage_write($user, $action, $object)
{
    $folder = dirname(OPENPLANS_USAGE);
    if (!is_dir($folder) && !mkdir($folder, 0700, true) && !is_dir($folder)) {
        return;
    }
    $line = implode(',', array(gmdate('Y-m-d\TH:i:s\Z'), (int) $user, $action, (int) $object));
    file_put_contents(OPENPLANS_USAGE, "$line\n", FILE_APPEND | LOCK_EX);
}

function openplans_usage_post($new, $old, $post)
{
    if ($new === 'publish' && $old !== 'publish' && $post->post_type === 'post') {
        openplans_usage_write($post->post_author, 'post', $post->ID);
    }
}
add_action('transition_post_status', 'openplans_usage_post', 10, 3);

function openplans_usage_comment($id, $comment)
{
    openplans_usage_write($comment->user_id, 'comment', $id);
}
add_action('wp_insert_comment', 'openplans_usage_comment', 10, 2);
