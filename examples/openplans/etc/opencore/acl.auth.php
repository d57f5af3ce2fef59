# acl.auth.php
# <?php exit()?>
# Who may do what: 0 nothing, 1 read, 2 edit, 4 create, 8 upload, 16 delete.
*	@ALL	${guests}
*	@user	8
