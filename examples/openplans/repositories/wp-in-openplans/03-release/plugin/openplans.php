<?php
/*
Plugin Name: OpenPlans
Description: Glue between WordPress and the site that it is a part of.
Version: 0.6
License: Apache-2.0
*/

/* The parts of the site, in the order of the menu. */
function openplans_parts()
{
    return array('/' => 'Wiki', '/blog/' => 'Blog', '/tasks/' => 'Tasks');
}

/* What people see, and whoever counts how a deployment went. */
function openplans_release()
{
    return defined('OPENPLANS_RELEASE') ? OPENPLANS_RELEASE : 'trunk';
}

/* The theme lies beside this plugin, outside of WordPress, which is read-only. */
register_theme_directory(dirname(__DIR__) . '/themes');

/*
 * WordPress keeps in its database where the theme is. Each release has its own, and two of them share the database while one
 * takes the other's place: what counts is where this one is.
 */
function openplans_theme_root()
{
    return dirname(__DIR__) . '/themes';
}
add_filter('pre_option_stylesheet_root', 'openplans_theme_root');
add_filter('pre_option_template_root', 'openplans_theme_root');

function openplans_theme_roots()
{
    return array('openplans' => openplans_theme_root());
}
add_filter('pre_site_transient_theme_roots', 'openplans_theme_roots');

function openplans_theme_uri($uri, $site, $theme)
{
    return $theme === 'openplans' ? OPENPLANS_URL . '/blog/openplans/themes' : $uri;
}
add_filter('theme_root_uri', 'openplans_theme_uri', 10, 3);

/* What people upload is data: it lies in the environment's folder, not in the code. */
function openplans_uploads($folders)
{
    $folders['basedir'] = OPENPLANS_UPLOADS;
    $folders['baseurl'] = OPENPLANS_URL . '/blog/wp-content/uploads';
    $folders['path'] = $folders['basedir'] . $folders['subdir'];
    $folders['url'] = $folders['baseurl'] . $folders['subdir'];
    return $folders;
}
add_filter('upload_dir', 'openplans_uploads');
