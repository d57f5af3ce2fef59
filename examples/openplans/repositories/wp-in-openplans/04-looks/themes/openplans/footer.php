</main>
<footer class="site"><a href="<?php echo esc_url(home_url('/?feed=rss2')); ?>">Follow</a> <?php bloginfo('name'); ?>, release <?php echo esc_html(openplans_release()); ?></footer>
<?php wp_footer(); ?>
</body>
</html>
