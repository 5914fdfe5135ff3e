const format = new Intl.NumberFormat('en', { style: 'unit', unit: 'byte', unitDisplay: 'narrow', notation: 'compact' });

/** `512B`, `20MB`, `1.2GB`, in powers of ten. The formatter writes billions as `B`. */
export const formatSize = (bytes: number): string => format.format(bytes).replace('BB', 'GB');
