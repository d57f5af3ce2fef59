<?php
/* What the theme asks of WordPress, and what it takes away: a page loads nothing from elsewhere. */

remove_action('wp_head', 'print_emoji_detection_script', 7);
remove_action('wp_print_styles', 'print_emoji_styles');
remove_action('wp_head', 'wp_resource_hints', 2);

function openplans_setup()
{
    add_theme_support('title-tag');
    add_theme_support('post-thumbnails');
    add_theme_support('html5', array('comment-form', 'comment-list', 'search-form'));
}
add_action('after_setup_theme', 'openplans_setup');

function openplans_styles()
{
    wp_enqueue_style('openplans', get_stylesheet_uri(), array(), wp_get_theme()->get('Version'));
}
add_action('wp_enqueue_scripts', 'openplans_styles');
