<?php
/*
Plugin Name: OpenPlans suggestions
Description: A box for suggestions. Anybody may drop one; moderators find it among the comments that wait.
Version: 0.6
License: Apache-2.0
*/

define('OPENPLANS_SUGGESTION_MAX', 500);

function openplans_suggest(WP_REST_Request $request)
{
    $text = trim(wp_strip_all_tags((string) $request->get_param('text')));
    if ($text === '' || mb_strlen($text) > OPENPLANS_SUGGESTION_MAX) {
        $message = "'text' must be a text of 1 to " . OPENPLANS_SUGGESTION_MAX . ' characters';
        return new WP_Error('openplans_text', $message, array('status' => 400, 'release' => openplans_release()));
    }
    $id = wp_insert_comment(array(
        'comment_post_ID' => 0,
        'comment_content' => $text,
        'comment_type' => 'suggestion',
        'comment_approved' => 0,
    ));
    if (!$id) {
        return new WP_Error('openplans_store', 'it could not be kept', array('status' => 500, 'release' => openplans_release()));
    }
    return new WP_REST_Response(array('release' => openplans_release(), 'id' => $id), 201);
}

/* How many there are; what they say is for moderators. */
function openplans_suggestions()
{
    $count = get_comments(array('type' => 'suggestion', 'status' => 'all', 'count' => true));
    return array('release' => openplans_release(), 'count' => (int) $count);
}

function openplans_suggestion_routes()
{
    register_rest_route('openplans/v1', '/suggestions', array(
        array('methods' => 'GET', 'callback' => 'openplans_suggestions', 'permission_callback' => '__return_true'),
        array('methods' => 'POST', 'callback' => 'openplans_suggest', 'permission_callback' => '__return_true'),
    ));
}
add_action('rest_api_init', 'openplans_suggestion_routes');
