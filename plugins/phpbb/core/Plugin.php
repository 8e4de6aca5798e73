<?php

/*
 * The plugin: the parts that its pages, events and tasks share.
 *
 * Owns: putting the kit together. Must not: decide what the chat does; the kit does.
 */

declare(strict_types=1);

namespace nextim\bar\core;

use NextIM\Site\Config;
use NextIM\Site\Db;
use NextIM\Site\Handler;
use NextIM\Site\Host as Adapter;
use NextIM\Site\Im;
use NextIM\Site\Privacy;
use NextIM\Site\Store;
use NextIM\Site\Tell;
use phpbb\config\db_text;

class Plugin
{
    /** The users of whom something is left to erase. */
    private const ERASE = 'nextim_erase';

    private ?Handler $handler = null;
    private ?Config $config = null;

    public function __construct(
        public readonly Options $options,
        public readonly Db $db,
        public readonly Adapter $host,
        private readonly db_text $texts,
    ) {
    }

    public function handler(): Handler
    {
        return $this->handler ??= new Handler($this->host, $this->db, $this->im(), $this->config());
    }

    /** The settings, as this request has found them. */
    public function config(): Config
    {
        return $this->config ??= $this->options->config();
    }

    /** The settings were changed. */
    public function forget(): void
    {
        $this->config = $this->handler = null;
    }

    public function tell(): Tell
    {
        return $this->handler()->tell();
    }

    public function im(): Im
    {
        return new Im($this->config());
    }

    public function privacy(): Privacy
    {
        return new Privacy(new Store($this->db), $this->config());
    }

    /** Removes what is kept of a user; what does not fit into one call, by phpBB's cron. */
    public function erase(string $id): void
    {
        if (!$this->privacy()->erase($id)) {
            $this->keepErasures([...$this->erasures(), $id]);
        }
    }

    /** @return list<string> */
    public function erasures(): array
    {
        return Options::words((string) $this->texts->get(self::ERASE));
    }

    /** @param list<string> $ids */
    public function keepErasures(array $ids): void
    {
        $this->texts->set(self::ERASE, implode(' ', array_unique($ids)));
    }
}
