</main>
<footer class="site"><?php bloginfo('name'); ?>, release <?php echo esc_html(openplans_release()); ?></footer>
<?php wp_footer(); ?>
</body>
</html>
