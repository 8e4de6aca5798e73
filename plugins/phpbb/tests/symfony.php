<?php

/*
 * A small Symfony: what the plugin calls of it.
 *
 * Owns: stand-ins with Symfony's names. Must not: hold code of Symfony.
 */

declare(strict_types=1);

namespace Symfony\Component\DependencyInjection {
    interface ContainerInterface
    {
        public function get(string $name);
    }
}

namespace Symfony\Component\EventDispatcher {
    interface EventSubscriberInterface
    {
        public static function getSubscribedEvents();
    }
}

namespace Symfony\Component\HttpFoundation {
    final class Headers
    {
        /** @var array<string, list<string>> */
        public array $all = ['cache-control' => ['no-cache, private']];

        public function set(string $name, string $value, bool $replaces = true): void
        {
            $name = strtolower($name);
            $this->all[$name] = $replaces ? [$value] : [...$this->all[$name] ?? [], $value];
        }
    }

    class Response
    {
        public readonly Headers $headers;

        public function __construct(public readonly string $content, public readonly int $status)
        {
            $this->headers = new Headers();
        }
    }
}
