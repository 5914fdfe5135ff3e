/** Names of operating system and architecture as the protocol and the `runner` context spell them (SEM-22.3). */
const OS: Partial<Record<NodeJS.Platform, string>> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };
const ARCH: Partial<Record<NodeJS.Architecture, string>> = { x64: 'X64', ia32: 'X86', arm: 'ARM', arm64: 'ARM64' };

export const runnerOs: string = OS[process.platform] ?? process.platform;
export const runnerArch: string = ARCH[process.arch] ?? process.arch.toUpperCase();
