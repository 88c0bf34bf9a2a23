import { Api } from './api.js';
import { askToken } from './askToken.js';
import type { Settings } from './contract.js';
import { byId } from './dom.js';
import { Finder } from './finder.js';
import { Notices } from './notices.js';
import { connectReviewer } from './reviewActions.js';
import { ReviewClient } from './reviewClient.js';
import { Reviewer } from './reviewer.js';
import { RoundControl } from './roundControl.js';

const notices = new Notices();
const api = new Api({
  askToken,
  waiting: (seconds) => {
    const when = seconds === 1 ? 'a second' : `${seconds} seconds`;
    notices.say(`The server is busy; trying again in ${when}.`, (seconds + 1) * 1000);
  },
});

async function start(): Promise<void> {
  const settings = await api.json<Settings>('v1/settings');
  byId('model', HTMLElement).textContent = settings.model;
  new Finder(api, settings, notices);
  if (!settings.review) {
    byId('find', HTMLElement).hidden = false;
    return;
  }
  byId('modes', HTMLElement).hidden = false;
  const client = new ReviewClient(api);
  const reviewer = new Reviewer(client, await client.list(), notices);
  const review = byId('review', HTMLElement);
  connectReviewer(reviewer, () => !review.hidden);
  if (settings.rounds) new RoundControl(api, notices, () => reviewer.renew());
  const show = async () => {
    const isFind = location.hash === '#find';
    for (const [mode, isShown] of Object.entries({ find: isFind, review: !isFind })) {
      byId(mode, HTMLElement).hidden = !isShown;
      byId(`${mode}-actions`, HTMLElement).hidden = !isShown;
      byId(`to-${mode}`, HTMLElement).toggleAttribute('aria-current', isShown);
    }
    if (!isFind) await reviewer.begin();
  };
  window.addEventListener('hashchange', () => void show());
  // A picture dropped during a review is to be looked at.
  document.addEventListener('picture-opened', () => {
    location.hash = '#find';
  });
  await show();
}

start().catch((error) => notices.error(error));
