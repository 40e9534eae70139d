/**
 * Trusted Types: with the server's policy `require-trusted-types-for 'script'` nothing on the page can be turned into
 * script, and scripts are fetched from our own build only. Browsers without Trusted Types rely on the rest of the policy.
 */
export const trustScript =
  "if(window.trustedTypes)trustedTypes.createPolicy('default',{createScriptURL:function(u){var a=new URL(u,location.href);if(a.origin!==location.origin||a.pathname.indexOf('/_next/static/')!==0)throw new TypeError('not a script of this app');return u}})";
