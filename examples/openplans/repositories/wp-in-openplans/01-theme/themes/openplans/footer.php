</main>
<footer class="site"><?php bloginfo('name'); ?></footer>
<?php wp_footer(); ?>
</body>
</html>
