<?php
/* The administrator's account, made once: afterwards passwords are changed in the wiki. */

umask(0077);
$file = '${var}/conf/users.auth.php';
$hash = password_hash('${admin.password}', PASSWORD_BCRYPT);
$text = "# users.auth.php\n# <?php exit()?>\n# login:passwordhash:Real Name:email:groups,comma,separated\n\n";
$text .= '${admin.user}:' . $hash . ':Administrator:${email}:admin,user' . "\n";
if (file_put_contents("$file.new", $text) !== strlen($text) || !rename("$file.new", $file)) {
    fwrite(STDERR, "cannot write '$file'\n");
    exit(1);
}
