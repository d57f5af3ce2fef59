<?php /* The head of every page: the site's parts, then the blog's name. */ ?>
<!doctype html>
<html <?php language_attributes(); ?>>
<head>
<meta charset="<?php bloginfo('charset'); ?>">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="release" content="<?php echo esc_attr(openplans_release()); ?>">
<?php wp_head(); ?>
</head>
<body <?php body_class(); ?>>
<header class="site">
<nav aria-label="Site">
<?php foreach (openplans_parts() as $path => $title) : ?>
<a href="<?php echo esc_url(OPENPLANS_URL . $path); ?>"><?php echo esc_html($title); ?></a>
<?php endforeach; ?>
</nav>
<h1><a href="<?php echo esc_url(home_url('/')); ?>"><?php bloginfo('name'); ?></a></h1>
</header>
<main>
