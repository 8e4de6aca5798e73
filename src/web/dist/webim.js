// The browser module of NextIM. This file is built from the sources in src/web/.
(() => {
  "use strict";
  if (!("NextIM" in window)) {
    Object.defineProperty(window, "NextIM", { value: Object.freeze({ version: 6 }) });
  }
})();
