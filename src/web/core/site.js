// Calls of the site's endpoints.
//
// Owns: how parameters are written and answers read; a failure is a value, never thrown.
// Must not: know what the calls mean.

import { retryAfter } from './backoff.js';
import { KEEPALIVE_CHARS_MAX, SITE_TIMEOUT_MS } from './limits.js';
import { object, text } from './shape.js';

/**
 * @typedef {import('./browser.js').Env} Env
 * @typedef {Record<string, string | number | boolean | string[] | null | undefined>} Params
 * @typedef {{ok: true, data: any} | {ok: false, kind: 'login' | 'refused' | 'site', text: string, after: number}} Answer
 */

/** @param {Params} params */
function encode(params) {
  const encoded = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== null) encoded.set(name, String(value));
  }
  return encoded;
}

/**
 * @param {Env} env
 * @param {import('./types.js').Options} options
 */
export function createSite(env, { site, jsonp = false }) {
  const base = site.replace(/\/+$/, '');

  /** @param {string} name @param {Params} params */
  const url = (name, params) => `${base}/${name}?${encode({ ...params, _: env.now() })}`;

  /** @param {string} name @param {Params} params @param {RequestInit} init @returns {Promise<Answer>} */
  async function call(name, params, init) {
    try {
      if (jsonp) return judge(200, await env.jsonp(url(name, params), SITE_TIMEOUT_MS));
      const target = init.method === 'POST' ? `${base}/${name}` : url(name, params);
      const answer = await env.request(target, { credentials: 'same-origin', cache: 'no-store', ...init }, SITE_TIMEOUT_MS);
      return judge(answer.status, parse(answer.body), retryAfter(answer.retryAfter, env.now()));
    } catch {
      return { ok: false, kind: 'site', text: '', after: 0 };
    }
  }

  return {
    url,
    /** @param {string} name @param {Params} [params] */
    get: (name, params = {}) => call(name, params, {}),
    /** @param {string} name @param {Params} [params] */
    post(name, params = {}) {
      const body = encode(params);
      return call(name, params, { method: 'POST', body, keepalive: `${body}`.length < KEEPALIVE_CHARS_MAX });
    },
    /** The last word of a page that leaves. @param {string} name @param {Params} params */
    beacon: (name, params) => env.beacon(`${base}/${name}`, encode(params)),
  };
}

/** @typedef {ReturnType<typeof createSite>} Site */

/** JSON, or the word it is. @param {string} body */
function parse(body) {
  try {
    return JSON.parse(body);
  } catch {
    return body.trim() === 'ok' ? 'ok' : undefined;
  }
}

/** @param {number} status @param {any} data @param {number} [after] @returns {Answer} */
function judge(status, data, after = 0) {
  const said = text(object(data).error) || text(object(data).error_msg);
  if (status === 401) return { ok: false, kind: 'login', text: said, after: 0 };
  const busy = status === 408 || status === 429;
  if (status >= 400 && status < 500 && !busy) return { ok: false, kind: 'refused', text: said, after };
  const failed = status < 200 || status > 299 || data === undefined;
  if (failed) return { ok: false, kind: 'site', text: said, after };
  if (said && !('success' in object(data))) return { ok: false, kind: 'refused', text: said, after };
  return { ok: true, data };
}
