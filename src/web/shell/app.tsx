import { QueryClientProvider } from '@tanstack/react-query';
import { Component, lazy, type ReactNode, Suspense, useEffect } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { createQueryClient } from '../api/queries.ts';
import { tokenNeeded } from '../api/token.ts';
import { useValue } from '../api/value.ts';
import { NoSuchPage } from '../components/no-such-page.tsx';
import { Failure, SkeletonRows } from '../components/page-state.tsx';
import { RunsPage } from '../runs/runs-page.tsx';
import { errorMessage } from './error-message.ts';
import { Header } from './header.tsx';

const RunPage = lazy(async () => ({ default: (await import('../run/run-page.tsx')).RunPage }));
const JobPage = lazy(async () => ({ default: (await import('../job/job-page.tsx')).JobPage }));
const EventsPage = lazy(async () => ({ default: (await import('../events/events-page.tsx')).EventsPage }));
const RunnersPage = lazy(async () => ({ default: (await import('../runners/runners-page.tsx')).RunnersPage }));
const PoolsPage = lazy(async () => ({ default: (await import('../pools/pools-page.tsx')).PoolsPage }));
const PoolPage = lazy(async () => ({ default: (await import('../pools/pool-page.tsx')).PoolPage }));
const HooksPage = lazy(async () => ({ default: (await import('../hooks/hooks-page.tsx')).HooksPage }));
const HookPage = lazy(async () => ({ default: (await import('../hooks/hook-page.tsx')).HookPage }));
const Settings = lazy(async () => ({ default: (await import('../settings/settings.tsx')).Settings }));
const TokenForm = lazy(async () => ({ default: (await import('./token-form.tsx')).TokenForm }));

const client = createQueryClient();

export function App() {
  const needsToken = useValue(tokenNeeded);
  const [location] = useLocation();
  // Not every page needs one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each page that is gone to.
  useEffect(() => tokenNeeded.set(false), [location]);
  return (
    <QueryClientProvider client={client}>
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      {!needsToken && <Header />}
      <main id="content" tabIndex={-1}>
        <ErrorBoundary key={location}>
          <Suspense fallback={<SkeletonRows rows={6} height={56} />}>{needsToken ? <TokenForm /> : <Pages />}</Suspense>
        </ErrorBoundary>
      </main>
    </QueryClientProvider>
  );
}

function Pages() {
  return (
    <Switch>
      <Route path="/">
        <RunsPage />
      </Route>
      <Route path="/runs/:id">{({ id }) => <RunPage key={id} id={Number(id)} />}</Route>
      <Route path="/runs/:id/jobs/:jobId">
        {({ id, jobId }) => <JobPage key={jobId} runId={Number(id)} jobId={Number(jobId)} />}
      </Route>
      <Route path="/events">
        <EventsPage />
      </Route>
      <Route path="/runners">
        <RunnersPage />
      </Route>
      <Route path="/pools">
        <PoolsPage />
      </Route>
      <Route path="/pools/:namespace/:name">
        {(pool) => <PoolPage key={`${pool.namespace}/${pool.name}`} {...pool} />}
      </Route>
      <Route path="/hooks">
        <HooksPage />
      </Route>
      <Route path="/hooks/:id">{({ id }) => <HookPage key={id} id={Number(id)} />}</Route>
      <Route path="/settings/:page?">{({ page }) => <Settings page={page} />}</Route>
      <Route>
        <NoSuchPage />
      </Route>
    </Switch>
  );
}

/** Catches what breaks while rendering, such as a part of the page that an update of the server has removed. */
class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(errorMessage(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error ? <Failure error={error} onRetry={() => window.location.reload()} /> : this.props.children;
  }
}
