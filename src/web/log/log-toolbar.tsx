import { ChevronDownIcon, ChevronUpIcon, ClockIcon, FoldDownIcon, SearchIcon } from '@primer/octicons-react';
import { Button, IconButton, TextInput } from '@primer/react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import { isTyping } from '../components/use-list-keys.ts';
import { maxMatches } from './search.ts';
import type { LogSearch } from './use-search.ts';

interface LogToolbarProps {
  search: LogSearch;
  onMove: (step: 1 | -1) => void;
  withTime: boolean;
  onWithTime: (withTime: boolean) => void;
  follow: boolean;
  canFollow: boolean;
  onFollow: (follow: boolean) => void;
  children?: ReactNode;
}

export function LogToolbar(props: LogToolbarProps) {
  const { search, onMove, withTime, onWithTime, follow, canFollow, onFollow, children } = props;
  return (
    <div className="log-toolbar" role="toolbar" aria-label="Log">
      <SearchField search={search} onMove={onMove} />
      <span className="log-buttons">
        {canFollow && (
          <Button size="small" leadingVisual={FoldDownIcon} aria-pressed={follow} onClick={() => onFollow(!follow)}>
            Follow
          </Button>
        )}
        <IconButton
          size="small"
          icon={ClockIcon}
          aria-label="Timestamps"
          aria-pressed={withTime}
          onClick={() => onWithTime(!withTime)}
        />
        {children}
      </span>
    </div>
  );
}

function SearchField({ search, onMove }: Pick<LogToolbarProps, 'search' | 'onMove'>) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key !== '/' || isTyping(event.target)) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') onMove(event.shiftKey ? -1 : 1);
    if (event.key === 'Escape') search.setQuery('');
  };
  return (
    <span className="log-search">
      <TextInput
        ref={input}
        size="small"
        aria-label="Search the log"
        placeholder="Search the log ( / )"
        leadingVisual={SearchIcon}
        value={search.query}
        onChange={(event) => search.setQuery(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {search.query !== '' && (
        <>
          <span className="muted small match-count" role="status">
            {countText(search)}
          </span>
          <IconButton
            size="small"
            variant="invisible"
            icon={ChevronUpIcon}
            aria-label="Previous match"
            onClick={() => onMove(-1)}
          />
          <IconButton
            size="small"
            variant="invisible"
            icon={ChevronDownIcon}
            aria-label="Next match"
            onClick={() => onMove(1)}
          />
        </>
      )}
    </span>
  );
}

function countText({ matches, current }: LogSearch): string {
  const count = matches.length === maxMatches ? `${maxMatches}+` : String(matches.length);
  return current < 0 ? `${count} found` : `${current + 1} of ${count}`;
}
