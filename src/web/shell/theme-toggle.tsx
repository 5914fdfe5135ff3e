import { DeviceDesktopIcon, MoonIcon, SunIcon } from '@primer/octicons-react';
import { IconButton } from '@primer/react';
import { useState } from 'react';

const modes = ['auto', 'light', 'dark'] as const;
type Mode = (typeof modes)[number];

const looks = {
  auto: { icon: DeviceDesktopIcon, label: 'Theme: as the system' },
  light: { icon: SunIcon, label: 'Theme: light' },
  dark: { icon: MoonIcon, label: 'Theme: dark' },
};

const storageKey = 'switchyard.theme';

function keptMode(): Mode {
  try {
    return modes.find((mode) => mode === localStorage.getItem(storageKey)) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function applyMode(mode: Mode): void {
  document.documentElement.dataset.colorMode = mode;
}

/** Called before the first paint. */
export const applyKeptTheme = (): void => applyMode(keptMode());

/** Goes round: as the system, light, dark. */
export function ThemeToggle() {
  const [mode, setMode] = useState(keptMode);
  const next = () => {
    const following = modes[(modes.indexOf(mode) + 1) % modes.length] ?? 'auto';
    setMode(following);
    applyMode(following);
    try {
      localStorage.setItem(storageKey, following);
    } catch {
      // Kept for this page only.
    }
  };
  const { icon, label } = looks[mode];
  return <IconButton icon={icon} aria-label={label} variant="invisible" size="small" onClick={next} />;
}
