/** A tab of the browser for a page that is not known yet. */

import type { EmptyTab } from '../widgets/buySection';

/** Open an empty tab now; null where the browser does not let it. The page it goes to cannot reach back here. */
export function openTab(): EmptyTab | null {
  const tab = window.open('', '_blank');
  if (tab === null) {
    return null;
  }
  tab.opener = null;
  tab.document.title = 'One moment …';
  return {
    go: address => { tab.location.replace(address); },
    close: () => { tab.close(); }
  };
}
