<?php

/*
 * The theme of the tests: one page for all.
 *
 * Owns: the page. Must not: know the plugin.
 */

declare(strict_types=1);

?>
<!doctype html>
<html lang="en">
<head>
<meta name="viewport" content="width=device-width">
<title>World</title>
<?php wp_head(); ?>
</head>
<body>
<h1>World</h1>
<p>Somebody <?php echo is_user_logged_in() ? 'known' : 'unknown'; ?> reads this page.</p>
<?php wp_footer(); ?>
</body>
</html>
