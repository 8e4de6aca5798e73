<?php

/*
 * Whether the extension can be enabled.
 *
 * Owns: what it needs. Must not: use syntax that older versions of PHP cannot read: they are to show these words.
 */

namespace nextim\bar;

class ext extends \phpbb\extension\base
{
    const PHP_LEAST = '8.1.0';
    const PHPBB_LEAST = '3.3.0';

    /** @return bool|array true, or words for the administrator */
    public function is_enableable()
    {
        $language = $this->container->get('language');
        $language->add_lang('common', 'nextim/bar');
        $words = array();
        if (version_compare($this->php(), self::PHP_LEAST, '<')) {
            $words[] = $language->lang('NEXTIM_NEEDS', 'PHP ' . self::PHP_LEAST);
        }
        $board = $this->container->get('config')['version'];
        if (version_compare($board, self::PHPBB_LEAST, '<') || version_compare($board, '4.0.0-dev', '>=')) {
            $words[] = $language->lang('NEXTIM_NEEDS', 'phpBB 3.3');
        }
        return $words === array() ? true : $words;
    }

    protected function php()
    {
        return PHP_VERSION;
    }
}
