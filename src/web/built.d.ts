// What `build.mjs` puts into the page's script.

/** The name of the build, which its chunks carry too. */
declare const BUILD: string;
/** The style of every page. */
declare const STYLE: string;
/** What `main.js` hands to `start.js`. */
declare const ARRIVAL: import('./main.js').Arrival;
/** `start.js`, as a function. */
declare const START: (arrival: import('./main.js').Arrival) => void;
