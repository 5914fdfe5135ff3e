import { type ComponentProps, lazy, Suspense } from 'react';

const Rerun = lazy(async () => ({ default: (await import('./rerun-dialog.tsx')).RerunDialog }));
const Cancel = lazy(async () => ({ default: (await import('./cancel-dialog.tsx')).CancelDialog }));
const Review = lazy(async () => ({ default: (await import('./review-dialog.tsx')).ReviewDialog }));

// Forms are heavier than all else on the page and seldom used: they are loaded when one is opened.

export const RerunDialog = (props: ComponentProps<typeof Rerun>) => (
  <Suspense fallback={null}>
    <Rerun {...props} />
  </Suspense>
);

export const CancelDialog = (props: ComponentProps<typeof Cancel>) => (
  <Suspense fallback={null}>
    <Cancel {...props} />
  </Suspense>
);

export const ReviewDialog = (props: ComponentProps<typeof Review>) => (
  <Suspense fallback={null}>
    <Review {...props} />
  </Suspense>
);
