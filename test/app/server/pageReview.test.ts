import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { ReviewBox } from '../../../app/prelabel/review.js';
import {
  hasBrowser,
  leave,
  startBrowser,
  until,
  type Visit,
  violations,
  visit,
} from './browser.js';
import { FakeReview } from './fakeReview.js';
import { FakeServer } from './fakeServer.js';

let browser: Browser;
/** Always the same page, loaded again. */
let desktop: Visit;
let server: FakeServer;
let review: FakeReview;
let opened: Visit;

/** Opens the page and waits for its first picture, the one that is least certain. */
async function open(options?: BrowserContextOptions): Promise<Page> {
  opened = options ? await visit(await browser.newContext(options), server.address) : desktop;
  if (opened === desktop) await desktop.page.goto(server.address);
  await opened.page.locator('#review-stage.has-picture').waitFor();
  return opened.page;
}

const file = (page: Page) => page.locator('#review-file').textContent();
const boxes = (page: Page) => page.locator('#review-boxes .found-label').allTextContents();
const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
/** The boxes that were saved last. */
const saved = (): ReviewBox[] => review.saves.at(-1)?.[1] ?? [];

(hasBrowser ? describe : describe.skip)('the review', () => {
  beforeAll(async () => {
    browser = await startBrowser();
    review = new FakeReview();
    server = await FakeServer.start(review);
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    desktop = await visit(context, server.address);
  });
  beforeEach(() => review.reset());
  afterEach(async () => {
    const complaints = [...opened.complaints];
    await (opened === desktop ? leave(desktop) : opened.page.close());
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test('goes through the pictures by keyboard, unsure ones first', async () => {
    const page = await open();
    expect(await file(page)).toBe('garden.jpg');
    expect(await boxes(page)).toEqual(['sunflower', 'bee', 'helicopter']);
    await press(page, 'j');
    await until(
      () => file(page),
      (name) => expect(name).toBe('again.jpg'),
    );
    await press(page, 'ArrowRight');
    await until(
      () => file(page),
      (name) => expect(name).toBe('bell.jpg'),
    );
    await press(page, 'k', 'k');
    await until(
      () => file(page),
      (name) => expect(name).toBe('garden.jpg'),
    );
    // Looking alone saves nothing.
    expect(review.saves).toEqual([]);
    await page.selectOption('#order', 'name');
    expect(await page.locator('.picture-file').allTextContents()).toEqual([
      ...['again.jpg', 'bell.jpg', 'garden.jpg'],
    ]);
  });

  test('Enter accepts all boxes, saves them, and goes on', async () => {
    const page = await open();
    await press(page, 'Enter');
    await until(
      () => file(page),
      (name) => expect(name).toBe('again.jpg'),
    );
    expect(review.saves.map(([index]) => index)).toEqual([1]);
    expect(saved()).toHaveLength(3);
    // What a person confirmed is not the detector's guess any more.
    expect(saved().every(({ score }) => score === undefined)).toBe(true);
    await until(
      () => page.locator('#reviewed-count').textContent(),
      (text) => expect(text).toBe('1 of 3 reviewed'),
    );
    await press(page, 'Enter');
    await until(
      () => file(page),
      (name) => expect(name).toBe('bell.jpg'),
    );
    await press(page, 'Enter');
    await page.locator('#notice-text:has-text("All pictures are reviewed.")').waitFor();
    expect(review.saves).toHaveLength(3);
  });

  test('boxes are moved, resized, relabelled, deleted and added by keyboard, and steps taken back', async () => {
    const page = await open();
    await press(page, '1', 'Shift+ArrowRight', 'Control+Shift+ArrowDown', 'Alt+ArrowLeft');
    await press(page, '3');
    expect(await boxes(page)).toEqual(['bell', 'bee', 'helicopter']);
    await press(page, 'Escape', '3', 'Delete');
    expect(await boxes(page)).toEqual(['bell', 'bee']);
    await press(page, 'Escape', 'n');
    expect(await boxes(page)).toEqual(['bell', 'bee', 'bell']);
    await press(page, 'l');
    await page.keyboard.type('ladybird');
    await press(page, 'Enter');
    await until(
      () => boxes(page),
      (all) => expect(all).toEqual(['bell', 'bee', 'ladybird']),
    );
    await press(page, 'Control+z', 'Control+z');
    expect(await boxes(page)).toEqual(['bell', 'bee']);
    await press(page, 'Control+Shift+z', 'Control+Shift+z');
    expect(await page.locator('#save-state').textContent()).toBe('Not saved yet');
    await press(page, 'j');
    await until(
      () => file(page),
      (name) => expect(name).toBe('again.jpg'),
    );
    expect(saved()).toEqual([
      { label: 'bell', box: { xmin: 289, ymin: 128, xmax: 460, ymax: 320 } },
      { label: 'bee', score: 0.89, box: { xmin: 450, ymin: 280, xmax: 566, ymax: 378 } },
      { label: 'ladybird', box: { xmin: 240, ymin: 180, xmax: 400, ymax: 300 } },
    ]);
    // Steps can be taken back when one comes back.
    await press(page, 'k');
    await until(
      () => file(page),
      (name) => expect(name).toBe('garden.jpg'),
    );
    await press(page, 'Control+z');
    expect(await boxes(page)).toEqual(['bell', 'bee', 'bell']);
    await press(page, 'Control+Shift+z');
    expect(await page.locator('#save-state').textContent()).toBe('');
  });

  test('Tab goes through the boxes', async () => {
    const page = await open();
    const name = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await press(page, 'Tab');
    expect(await name()).toBe('sunflower, box 1 of 3, score 0.91');
    await press(page, 'Tab', 'a');
    await until(name, (value) => expect(value).toBe('bee, box 2 of 3, confirmed'));
    await press(page, 'Shift+Tab', 'Delete');
    await until(name, (value) => expect(value).toBe('bee, box 1 of 2, confirmed'));
  });

  test('boxes are drawn, moved and resized with the mouse', async () => {
    const page = await open();
    const area = await page.locator('#review-stage .picture').boundingBox();
    if (!area) throw new Error('There is no picture.');
    const scale = area.width / 640;
    const drag = async (from: [number, number], to: [number, number]) => {
      await page.mouse.move(area.x + from[0] * scale, area.y + from[1] * scale);
      await page.mouse.down();
      await page.mouse.move(area.x + to[0] * scale, area.y + to[1] * scale, { steps: 4 });
      await page.mouse.up();
    };
    await drag([100, 80], [260, 200]);
    expect(await boxes(page)).toEqual(['sunflower', 'bee', 'helicopter', 'strawberry']);
    await drag([180, 140], [190, 145]);
    await drag([270, 205], [280, 215]);
    await press(page, 'Enter');
    await until(
      () => review.saves.length,
      (count) => expect(count).toBe(1),
    );
    const { xmin, ymin, xmax, ymax } = saved()[3].box;
    for (const [is, was] of [
      ...[
        [xmin, 110],
        [ymin, 85],
        [xmax, 280],
        [ymax, 215],
      ],
    ]) {
      expect(Math.abs(is - was)).toBeLessThanOrEqual(2);
    }
  });

  test('more like a box is proposed in its picture, and taken back in one step', async () => {
    const page = await open();
    await press(page, '2', 'm');
    await page.locator('#notice-text:has-text("1 more like this")').waitFor();
    expect(await boxes(page)).toEqual(['sunflower', 'bee', 'helicopter', 'bee']);
    expect(await page.locator('#save-state').textContent()).toBe('Not saved yet');
    await press(page, 'Control+z');
    expect(await boxes(page)).toEqual(['sunflower', 'bee', 'helicopter']);
  });

  test('a round proposes anew where nobody has looked, and what a person has changed stays', async () => {
    const page = await open();
    await press(page, 'Enter');
    await until(
      () => file(page),
      (name) => expect(name).toBe('again.jpg'),
    );
    await press(page, 'j');
    await until(
      () => file(page),
      (name) => expect(name).toBe('bell.jpg'),
    );
    await press(page, '1', 'Delete');
    await page.click('#propose-again');
    await page.locator('#propose-again:has-text("Stop")').waitFor();
    await page.locator('#notice-text:has-text("Proposed anew in 3 pictures")').waitFor();
    expect(await page.locator('#propose-again').textContent()).toBe('Propose again');
    expect(await boxes(page)).toEqual(['bell', 'pink rooster']);
    await page.click('.picture-item:has-text("again.jpg")');
    await until(
      () => boxes(page),
      (all) => expect(all).toEqual(['bell']),
    );
    await page.click('.picture-item:has-text("garden.jpg")');
    await until(
      () => boxes(page),
      (all) => expect(all).toEqual(['sunflower', 'bee', 'helicopter']),
    );
  });

  test('what cannot be saved is not left', async () => {
    review.isDiskFull = true;
    const page = await open();
    await press(page, '1', 'Delete', 'j');
    await page.locator('#notice.is-error').waitFor();
    expect(await file(page)).toBe('garden.jpg');
    expect(await page.locator('#save-state').textContent()).toBe('Not saved yet');
    review.isDiskFull = false;
    await press(page, 'j');
    await until(
      () => file(page),
      (name) => expect(name).toBe('again.jpg'),
    );
    expect(saved()).toHaveLength(2);
    expect(opened.complaints.splice(0)).toEqual([expect.stringContaining('500')]);
  });

  test('warns before unsaved changes are lost', async () => {
    const page = await open();
    await press(page, '1', 'Delete');
    const asked = new Promise<string>((resolve) => {
      page.once('dialog', async (dialog) => {
        resolve(dialog.type());
        await dialog.dismiss();
      });
    });
    page.evaluate(() => location.reload()).catch(() => undefined);
    expect(await asked).toBe('beforeunload');
  });

  test('? lists the keys; the page is accessible and fits a phone', async () => {
    const page = await open({ viewport: { width: 360, height: 740 }, hasTouch: true });
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.tap('#review-boxes [role=option]');
    await press(page, '?');
    await page.locator('#help-dialog').waitFor();
    expect(await page.locator('#key-list div').count()).toBe(15);
    expect(await violations(page)).toEqual([]);
    await press(page, 'Escape');
    expect(await violations(page)).toEqual([]);
    await press(page, 'l');
    await page.locator('#label-dialog').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test('a picture given during a review is looked at', async () => {
    const page = await open();
    await page.setInputFiles('#file', review.path(0));
    await page.locator('#find.has-picture').waitFor();
    expect(await page.locator('#review').isHidden()).toBe(true);
    await page.click('#to-review');
    expect(await file(page)).toBe('garden.jpg');
  });
});
