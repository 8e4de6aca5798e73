<?php

/*
 * The daily task of the chat.
 *
 * Owns: when old messages go, and what is left to erase of users who were deleted. Must not: decide what goes; the kit
 * does.
 */

declare(strict_types=1);

namespace nextim\bar\cron;

use nextim\bar\core\Plugin;
use phpbb\config\config;
use phpbb\cron\task\base;

class Prune extends base
{
    private const LAST = 'nextim_prune_last';
    private const DAY_S = 86400;
    /** How often one run asks for more to remove. */
    private const ROUNDS = 20;

    public function __construct(private readonly Plugin $plugin, private readonly config $config)
    {
    }

    public function run()
    {
        $privacy = $this->plugin->privacy();
        $left = array_filter($this->plugin->erasures(), fn(string $id): bool => !$privacy->erase($id));
        $this->plugin->keepErasures(array_values($left));
        $days = (int) $this->plugin->options->all()['days'];
        for ($round = 0; $round < self::ROUNDS && $privacy->prune($days) > 0; $round++) {
            continue;
        }
        $this->config->set(self::LAST, (string) time(), false);
    }

    public function should_run()
    {
        return (int) ($this->config[self::LAST] ?? 0) < time() - self::DAY_S || $this->plugin->erasures() !== [];
    }
}
