/**
 * Node and the dynamic loader act on these before our first line runs: they name code to load, or files to
 * write. Whoever set them has had it done as root. (OPENSSL_CONF names providers, which are shared objects;
 * measured, like the others.)
 */
const loadingVariables = new Set([
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_COMPILE_CACHE',
  'NODE_V8_COVERAGE',
  'NODE_REDIRECT_WARNINGS',
  'OPENSSL_CONF',
  'OPENSSL_MODULES',
  'OPENSSL_ENGINES',
]);

/**
 * What the loader and the C library take code from, or write to: LD_PRELOAD, LD_AUDIT, LD_DEBUG_OUTPUT ...
 */
const loaderVariable = /^(LD_.*|GCONV_PATH|GLIBC_TUNABLES|LOCPATH|NLSPATH|MALLOC_TRACE)$/;

/** The variables, set and not empty, that made Node or its loader act before the Runner could look. */
export function setForNode(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(environment).filter(
    (name) => environment[name] && (loadingVariables.has(name) || loaderVariable.test(name)),
  );
}

/** The variables that any program's loader acts on. */
export function setForLoader(environment: Readonly<Record<string, string>>): string[] {
  return Object.keys(environment).filter((name) => loaderVariable.test(name));
}
