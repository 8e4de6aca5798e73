<?php

/*
 * The fields of a form in WordPress's own look.
 *
 * Owns: their HTML, with all values escaped. Must not: know what a field means.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

final class Form
{
    /** One row of a table: `url`, `text`, `password`, `number`, `checkbox`, `textarea` or `roles`. */
    public static function field(string $name, string $kind, string $label, string $help, string|int|bool $value): void
    {
        $id = esc_attr("nextim-$name");
        $title = esc_html($label);
        $head = $kind === 'roles' ? $title : "<label for=\"$id\">$title</label>";
        $named = "id=\"$id\" name=\"" . esc_attr($name) . "\" aria-describedby=\"$id-help\"";
        $field = match ($kind) {
            'roles' => self::roles($name, (string) $value, $title),
            'checkbox' => "<input $named type=\"checkbox\" value=\"1\"" . ($value ? ' checked' : '') . '> ',
            'password' => "<input $named type=\"password\" class=\"regular-text\" autocomplete=\"new-password\">",
            'number' => "<input $named type=\"number\" min=\"0\" class=\"small-text\" value=\"" . (int) $value . '">',
            'textarea' => "<textarea $named rows=\"2\" class=\"regular-text\">"
                . esc_textarea(implode("\n", Options::words((string) $value))) . '</textarea>',
            default => "<input $named type=\"$kind\" class=\"regular-text\" value=\""
                . esc_attr((string) $value) . '">',
        };
        $tag = $kind === 'checkbox' ? 'span' : 'p';
        $note = "<$tag class=\"description\" id=\"$id-help\">" . esc_html($help) . "</$tag>";
        echo "<tr><th scope=\"row\">$head</th><td>$field$note</td></tr>\n";
    }

    /** A box for each role. */
    private static function roles(string $name, string $chosen, string $title): string
    {
        $boxes = '';
        foreach (wp_roles()->role_names as $role => $nick) {
            $isChosen = in_array($role, Options::words($chosen), true);
            $boxes .= '<label><input type="checkbox" name="' . esc_attr($name) . '[]" value="' . esc_attr($role) . '"'
                . ($isChosen ? ' checked' : '') . '> ' . esc_html(translate_user_role($nick)) . '</label><br>';
        }
        return "<fieldset><legend class=\"screen-reader-text\">$title</legend>$boxes</fieldset>";
    }
}
