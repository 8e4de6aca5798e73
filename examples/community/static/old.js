// The glue between a front end of 2011 and this site.
//
// Owns: the URLs, settings, apps and the start of the front end, which is there as `window.webim`.
// Must not: replace a function of the front end.

(function () {
  'use strict';

  /**
   * @typedef {object} Config
   * @property {string} site the path of the endpoints
   * @property {string} files the path of the front end's own files
   * @property {object} user as the site describes the user who is logged in
   * @property {object} setting
   * @property {{title: string, icon: string, link: string}[]} menu
   */

  // An element of the page with the name `currentScript` would hide `document.currentScript`.
  const { get: currentScript } = /** @type {{get: () => Element | null}} */ (
    Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript')
  );
  const script = currentScript.call(document);
  const webim = /** @type {any} */ (window).webim;
  if (!script || !webim) {
    return;
  }
  const config = /** @type {Config} */ (JSON.parse(script.getAttribute('data-config') || '{}'));

  /** @param {string} name */
  const site = (name) => config.site + '/' + name;
  /** @param {string} path */
  const file = (path) => config.files + '/' + path;

  // The message server turns broadcasts into unicasts for version 3: such a front end breaks on a third type.
  webim.defaults.urls = {
    online: site('online?version=3'),
    offline: site('offline'),
    message: site('message'),
    presence: site('presence'),
    refresh: site('refresh'),
    status: site('status'),
  };
  webim.setting.defaults.url = site('setting');
  webim.history.defaults.urls = {
    load: site('history'),
    clear: site('clear_history'),
    download: site('download_history'),
  };
  webim.room.defaults.urls = { member: site('members'), join: site('join'), leave: site('leave') };
  webim.buddy.defaults.url = site('buddies');
  webim.notification.defaults.url = site('notifications');
  webim.extend(webim.setting.defaults.data, config.setting);

  webim.ui.emot.init({ dir: file('images/emot/default') });
  const ui = new webim.ui(document.body, {
    imOptions: { jsonp: false },
    soundUrls: { lib: file('assets/sound.swf'), msg: file('assets/sound/msg.mp3') },
  });
  const im = ui.im;
  im.user(config.user);

  ui.addApp('menu', { data: config.menu });
  ui.addApp('buddy');
  ui.addApp('room');
  ui.addApp('notification');
  ui.addApp('setting', { data: webim.setting.defaults.data });
  const links = [/space\.php\?uid=(\d+)$/i, /space-uid-(\d+)\.html$/i, /\?mod=space&uid=(\d+)$/i];
  ui.addApp('chatlink', { link_href: links, space_href: links, link_wrap: document.getElementById('main') });
  ui.render();

  // A user who chose to be offline on an earlier page stays offline.
  if (im.autoOnline()) {
    im.online();
  }
})();
