<?php
$conf['title'] = <<<'END'
${title}
END;
$conf['tagline'] = <<<'END'
${tagline}
END;
$conf['savedir'] = '${var}/data';
$conf['baseurl'] = '${url}';
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
