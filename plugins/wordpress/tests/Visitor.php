<?php

/*
 * A browser of the tests.
 *
 * Owns: its cookies. Must not: follow redirections.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

final class Visitor
{
    private readonly string $base;
    private readonly \CurlHandle $curl;

    public function __construct(private readonly string $endpoint = '/?nextim=')
    {
        $this->base = (string) getenv('WORLD_URL');
        $this->curl = curl_init();
        // Keeps cookies in memory.
        curl_setopt($this->curl, CURLOPT_COOKIEFILE, '');
    }

    /** Somebody who has logged in. */
    public static function as(string $name, string $endpoint = '/?nextim='): self
    {
        $visitor = new self($endpoint);
        $visitor->logIn($name);
        return $visitor;
    }

    public function logIn(string $name, string $form = '/wp-login.php'): Answer
    {
        return $this->post($form, ['log' => $name, 'pwd' => 'nextim']);
    }

    public function get(string $path): Answer
    {
        return $this->ask($path, [CURLOPT_HTTPGET => true]);
    }

    /** @param array<string, mixed> $form */
    public function post(string $path, array $form): Answer
    {
        return $this->ask($path, [CURLOPT_POST => true, CURLOPT_POSTFIELDS => http_build_query($form),
            CURLOPT_HTTPHEADER => ["Origin: $this->base"]]);
    }

    /** Calls an endpoint as the bar does. @param array<string, mixed> $params */
    public function call(string $endpoint, array $params = []): Answer
    {
        return $this->post($this->endpoint . $endpoint, $params);
    }

    public function setCookie(string $name, string $value): void
    {
        $host = (string) parse_url($this->base, PHP_URL_HOST);
        curl_setopt($this->curl, CURLOPT_COOKIELIST, "Set-Cookie: $name=$value; domain=$host; path=/");
    }

    /** @param array<int, mixed> $options */
    private function ask(string $path, array $options): Answer
    {
        $cookies = [];
        $location = '';
        $read = function (\CurlHandle $curl, string $line) use (&$cookies, &$location): int {
            [$name, $value] = explode(':', $line, 2) + [1 => ''];
            match (strtolower($name)) {
                'set-cookie' => $cookies[] = trim($value),
                'location' => $location = trim($value),
                default => null,
            };
            return strlen($line);
        };
        curl_setopt_array($this->curl, $options + [CURLOPT_URL => $this->base . $path, CURLOPT_HTTPHEADER => [],
            CURLOPT_RETURNTRANSFER => true, CURLOPT_HEADERFUNCTION => $read, CURLOPT_TIMEOUT => 60]);
        $body = (string) curl_exec($this->curl);
        return new Answer((int) curl_getinfo($this->curl, CURLINFO_RESPONSE_CODE), $body, $cookies, $location);
    }
}
