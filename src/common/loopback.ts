/** Whether a host's name, or its address as a URL spells it, stands for the own machine. */
export function isLoopbackName(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    host === '::1' ||
    /^127(\.\d+){3}$/.test(host)
  );
}
