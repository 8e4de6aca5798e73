// A stream of events through a network that loses things.
//
// Owns: what becomes of it on the way: it is cut; it is dead, and nobody says so; a proxy holds it back.
// Must not: know what the events say.

/**
 * @param server `holdsBack`: something on the way waits for the end of a stream; `passes`: it waits after so many events;
 *   `noStreams`: it cannot pass one on
 * @param tab that asks for it
 * @param hear gets each event, and an empty text at the end
 */
export function stream(server, tab, url, hear) {
  const { clock, random } = server;
  const params = Object.fromEntries(new URL(url).searchParams);
  const call = { name: 'stream', params, tab, method: 'GET' };
  let isOver = false;
  let isDead = false;
  let cut = () => {};
  let passed = 0;
  const isLost = () => random() < server.loss;
  let last = 0; // what is sent arrives in order
  const later = (run) => {
    last = Math.max(last, clock.now + 1 + random() * 20);
    clock.after(last - clock.now, () => !isOver && run());
  };
  const close = () => {
    isOver = true;
    tab.open.delete(call);
    cut();
  };
  const end = () => {
    close();
    if (tab.alive) hear('');
  };
  // A tab that is gone; a network that breaks; an event of the test's own.
  Object.assign(call, { fail: close, lose: end, bring: (data) => hear(JSON.stringify(data)) });
  tab.open = (tab.open ?? new Set()).add(call);
  const pass = (data) => {
    if (isLost()) {
      if (random() < 0.5) isDead = true;
      else later(end);
    }
    passed += 1;
    if (!isDead && !server.holdsBack && passed <= server.passes) later(() => hear(JSON.stringify(data)));
  };
  later(() => {
    server.calls.push(call);
    if (!tab.online || isLost() || server.down || server.noStreams) return end();
    const attached = server.attach(params, pass);
    if (!attached) return end();
    cut = attached;
    if (isOver) cut();
    return undefined;
  });
  return close;
}
