<?php
/* WordPress in ${environment}.${site}. */

define('DB_NAME', '${database}');
define('DB_USER', '${database}');
define('DB_PASSWORD', '${secret.wordpress-db}');
define('DB_HOST', 'localhost:${mariadb.socket}');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
$table_prefix = 'wp_';

/*
 * The blog is reached under the site's name, and while a release is tried, by the port of its slot. Links and redirects
 * lead to where the request came from; a host that is not among these gets the site's name, whatever it asks for.
 */
$openplans_url = '${url}';
foreach (array('${url}', '${slot-url}') as $url) {
    if (isset($_SERVER['HTTP_HOST']) && strcasecmp($_SERVER['HTTP_HOST'], explode('/', $url)[2]) === 0) {
        $openplans_url = $url;
        break;
    }
}
$_SERVER['HTTP_HOST'] = explode('/', $openplans_url)[2];
if (strpos($openplans_url, 'https:') === 0) {
    $_SERVER['HTTPS'] = 'on';
}
define('WP_HOME', $openplans_url . '/blog');
define('WP_SITEURL', $openplans_url . '/blog');

/* Each key is its own, though all come from one secret. */
foreach (array('AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE') as $name) {
    define($name . '_KEY', hash_hmac('sha256', $name . '_KEY', '${secret.wordpress-salt}'));
    define($name . '_SALT', hash_hmac('sha256', $name . '_SALT', '${secret.wordpress-salt}'));
}

/* Our theme and plugin are a component of their own; what people upload is data. */
define('WPMU_PLUGIN_DIR', '${wp-in-openplans.out}/plugin');
define('WP_DEFAULT_THEME', 'openplans');
define('OPENPLANS_UPLOADS', '${var}/uploads');
define('OPENPLANS_URL', $openplans_url);
define('OPENPLANS_RELEASE', '${release}');
define('OPENPLANS_USAGE', '${var}/log/usage.csv');

/* The code is read-only and comes from the store: no updates, and no calls to other hosts. */
define('DISALLOW_FILE_MODS', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('WP_DEBUG', '${debug}' === 'true');

if (PHP_SAPI !== 'cli') {
    header('X-Release: ' . OPENPLANS_RELEASE);
}

require ABSPATH . 'wp-settings.php';
