// Calls of the site's endpoints, and of what else answers JSON.
//
// Owns: how parameters are written and answers read; a failure is a value, never thrown.
// Must not: know what the calls mean.

import { retryAfter } from './backoff.js';
import { KEEPALIVE_CHARS_MAX, SITE_TIMEOUT_MS } from './limits.js';
import { object, text } from './shape.js';

/**
 * @typedef {import('./browser.js').Env} Env
 * @typedef {Record<string, string | number | boolean | string[] | null | undefined>} Params
 * @typedef {{ok: boolean, status: number, data: unknown, kind: 'login' | 'refused' | 'server' | 'site', text: string, after: number, page: boolean}} Answer
 */

/** @param {Params} params */
export function encode(params) {
  const encoded = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== null) encoded.set(name, String(value));
  }
  return encoded;
}

/**
 * One call; the status is 0 if nothing came.
 * @param {Env} env
 * @param {string} url
 * @param {RequestInit | null} init null: by JSONP
 * @param {number} timeout
 * @param {AbortController} [controller] calls it off
 */
export async function ask(env, url, init, timeout, controller = new AbortController()) {
  const { signal } = controller;
  const cancel = env.after(timeout, () => controller.abort());
  try {
    if (!init) return { status: 200, data: await env.jsonp(url, signal), after: 0 };
    const answer = await env.request(url, { cache: 'no-store', ...init, signal });
    return { status: answer.status, data: parse(answer.body), after: retryAfter(answer.retryAfter, env.now()) };
  } catch {
    return { status: 0, data: undefined, after: 0 };
  } finally {
    cancel();
  }
}

/** Whether asking again would bring the same. @param {number} status */
export const isFinal = (status) => status >= 400 && status < 500 && status !== 408 && status !== 429;

/**
 * @param {Env} env
 * @param {import('./types.js').Options} options
 * @param {() => void} doubt a call has shown that the site does not know the user any more
 */
export function createSite(env, { site, template = `${site}/{endpoint}`, jsonp = false }, doubt) {
  /** @param {string} name */
  const endpoint = (name) => template.replace('{endpoint}', name);

  /** @param {string} name @param {Params} params */
  function url(name, params) {
    const target = endpoint(name);
    return `${target}${target.includes('?') ? '&' : '?'}${encode({ ...params, _: env.now() })}`;
  }

  /** @param {string} target @param {RequestInit} init */
  const call = async (target, init) => judge(await ask(env, target, jsonp ? null : init, SITE_TIMEOUT_MS));

  return {
    url,
    /** @param {string} name @param {Params} [params] */
    get: (name, params = {}) => call(url(name, params), {}),
    /** @param {string} name @param {Params} [params] */
    async post(name, params = {}) {
      const body = encode(params);
      const target = jsonp ? url(name, params) : endpoint(name);
      const answer = await call(target, { method: 'POST', body, keepalive: `${body}`.length < KEEPALIVE_CHARS_MAX });
      if (answer.kind === 'login') doubt();
      return answer;
    },
    /** The last call of a page that leaves. @param {string} name @param {Params} params */
    beacon: (name, params) => env.beacon(endpoint(name), encode(params)),
  };
}

/** @typedef {ReturnType<typeof createSite>} Site */

/** JSON, or the word it is. @param {string} body */
export function parse(body) {
  try {
    return JSON.parse(body);
  } catch {
    return body.trim() === 'ok' ? 'ok' : undefined;
  }
}

/** Why a site refuses a call, by its status and by the words of the white papers. @param {number} status @param {string} said @returns {Answer['kind']} */
function kindOf(status, said) {
  if (status === 401 || said === 'Not Authorized') return 'login';
  if (isFinal(status) || said === 'Not Found' || said === 'Forbidden') return 'refused';
  return said.startsWith('IM Server ') ? 'server' : 'site';
}

/** @param {{status: number, data: unknown, after: number}} answer @returns {Answer} */
function judge({ status: sent, data, after }) {
  const { error, error_msg, success, status: meant } = object(data);
  const said = text(error) || text(error_msg);
  const status = (error ? Number(meant) : 0) || sent; // a script is always a 200, and says what else it would be
  const isWell = status >= 200 && status < 300;
  const ok = isWell && data !== undefined && success !== false && !said;
  return { ok, status, data, kind: kindOf(status, said), text: said, after, page: isWell && data === undefined };
}
