<?php
$conf['title'] = <<<'END'
${title}
END;
$conf['tagline'] = <<<'END'
${tagline}
END;
$conf['savedir'] = '${var}/data';
/* Links lead to where the request came from, the site's name or the slot's port; any other host gets the site's name. */
$conf['baseurl'] = '${url}';
foreach (array('${url}', '${slot-url}') as $url) {
    if (isset($_SERVER['HTTP_HOST']) && strcasecmp($_SERVER['HTTP_HOST'], explode('/', $url)[2]) === 0) {
        $conf['baseurl'] = $url;
        break;
    }
}
$conf['basedir'] = '/';
$conf['license'] = 'cc-by-sa';
$conf['useacl'] = 1;
$conf['superuser'] = '@admin';
$conf['disableactions'] = 'register';
$conf['remote'] = 1;
$conf['remoteuser'] = '@user';
$conf['updatecheck'] = 0;
$conf['userewrite'] = 1;
$conf['defer_js'] = 1;
$conf['dmode'] = 0700;
$conf['fmode'] = 0600;
