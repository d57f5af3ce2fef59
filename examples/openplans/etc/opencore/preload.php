<?php
/* Where DokuWiki in ${environment}.${site} finds its files: code in the store, data in var. */

if (PHP_SAPI !== 'cli') {
    header('X-Release: ${release}');
}
if (!defined('DOKU_CONF')) {
    define('DOKU_CONF', '${out}/conf/');
}

global $config_cascade;
$config_cascade = array(
    'main' => array(
        'default' => array('${out}/conf/dokuwiki.php'),
        'local' => array('${etc}/local.php'),
        'protected' => array(),
    ),
    'acl' => array('default' => '${etc}/acl.auth.php'),
    'plugins' => array(
        'default' => array('${out}/conf/plugins.php'),
        'local' => array('${var}/conf/plugins.local.php'),
        'protected' => array('${out}/conf/plugins.required.php'),
    ),
    'plainauth.users' => array('default' => '${var}/conf/users.auth.php', 'protected' => ''),
);
