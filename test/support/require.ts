/**
 * Something that a machine may lack and a test needs: gives what `find` found, or says loudly that its tests are
 * skipped. With the name, or `all`, in SWITCHYARD_REQUIRE (a list with commas) it is a failure instead.
 *
 *     const chromium = requirement('chromium', () => findProgram('chromium'));
 *     describe.skipIf(!chromium)('...', ...)
 *
 * @throws Error when it is missing and required
 */
export function requirement<T>(name: string, find: () => T | undefined): T | undefined {
  const found = find();
  if (found !== undefined) return found;
  const required = (process.env.SWITCHYARD_REQUIRE ?? '').split(',').map((each) => each.trim());
  if (required.includes(name) || required.includes('all')) {
    throw new Error(`${name} is required by SWITCHYARD_REQUIRE but is not on this machine.`);
  }
  process.stderr.write(`\nSKIPPED: ${name} is not on this machine; the tests that need it do not run.\n`);
  return undefined;
}
