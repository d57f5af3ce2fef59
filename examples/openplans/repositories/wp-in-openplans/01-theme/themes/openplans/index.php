<?php
get_header();
if (!have_posts()) {
    echo '<p>', esc_html__('Nothing here yet.', 'openplans'), '</p>';
}
while (have_posts()) :
    the_post();
    ?>
<article <?php post_class(); ?>>
<h2><a href="<?php the_permalink(); ?>"><?php the_title(); ?></a></h2>
<time datetime="<?php echo esc_attr(get_the_date('c')); ?>"><?php echo esc_html(get_the_date()); ?></time>
    <?php
    the_content();
    if (is_singular() && (comments_open() || get_comments_number())) {
        wp_list_comments(array(), get_comments(array('post_id' => get_the_ID(), 'status' => 'approve')));
        comment_form();
    }
    ?>
</article>
    <?php
endwhile;
the_posts_pagination();
get_footer();
