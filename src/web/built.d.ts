// What `build.mjs` puts into the page's script.

/** The name of the build, which its chunks carry too. */
declare const BUILD: string;
/** The style of every page. */
declare const STYLE: string;
