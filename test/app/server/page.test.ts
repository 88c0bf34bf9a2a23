import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { packageRoot } from '../../../src/files/packageRoot.js';
import {
  hasBrowser,
  leave,
  startBrowser,
  until,
  type Visit,
  violations,
  visit,
} from './browser.js';
import { FakeServer } from './fakeServer.js';
import { listening, picture, testServer } from './testServer.js';

const bell = join(packageRoot, 'samples/bell.jpg');
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

let browser: Browser;
/** On a desktop it is always the same page, loaded again: starting one takes as long as most tests. */
let desktop: Visit;
let server: FakeServer;
let visits: Visit[] = [];

const open = async (options?: BrowserContextOptions): Promise<Page> => {
  const opened = options ? await visit(await browser.newContext(options), server.address) : desktop;
  if (opened === desktop) await desktop.page.goto(server.address);
  visits.push(opened);
  await opened.page.locator('#find:not([hidden]), #token-dialog[open]').first().waitFor();
  return opened.page;
};
const found = (page: Page) => page.locator('#found [role=option]');
const labels = (page: Page) => page.locator('#found .found-label').allTextContents();
const asked = (what: string) => server.requests.filter((request) => request === what).length;

/** Gives the page samples/bell.jpg in a clipboard's or a drag's data. */
async function give(page: Page, event: 'drop' | 'paste'): Promise<void> {
  const bytes = readFileSync(bell).toString('base64');
  await page.evaluate(
    ([bytes, event]) => {
      const data = new DataTransfer();
      const file = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
      data.items.add(new File([file], 'bell.jpg', { type: 'image/jpeg' }));
      const options = { bubbles: true, cancelable: true };
      document.body.dispatchEvent(
        event === 'drop'
          ? new DragEvent('drop', { ...options, dataTransfer: data })
          : new ClipboardEvent('paste', { ...options, clipboardData: data }),
      );
    },
    [bytes, event],
  );
}

async function openBell(page: Page, ...prompts: string[]): Promise<void> {
  await page.setInputFiles('#file', bell);
  await page.locator('#find.has-picture').waitFor();
  for (const prompt of prompts) {
    await page.fill('#prompt', prompt);
    await page.press('#prompt', 'Enter');
  }
  if (prompts.length > 0) await found(page).first().waitFor();
}

/** Types letter by letter without a pause, however slow the machine is. */
function typeAtOnce(page: Page, text: string): Promise<void> {
  return page.locator('#prompt').evaluate((element, letters) => {
    const field = element as HTMLInputElement;
    for (const letter of letters) {
      field.value += letter;
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }
  }, text);
}

/** A point of the picture, on the page. */
async function pointOf(page: Page, x: number, y: number): Promise<{ x: number; y: number }> {
  const box = await page.locator('#find-stage .picture').boundingBox();
  if (!box) throw new Error('There is no picture.');
  return { x: box.x + (x / 640) * box.width, y: box.y + (y / 480) * box.height };
}

(hasBrowser ? describe : describe.skip)('the page', () => {
  beforeAll(async () => {
    browser = await startBrowser();
    server = await FakeServer.start();
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    desktop = await visit(context, server.address);
  });
  afterEach(async () => {
    const complaints = visits.flatMap(({ complaints }) => complaints);
    await Promise.all(visits.map((one) => (one === desktop ? leave(one) : one.page.close())));
    visits = [];
    server.reset();
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test('boxes appear while one types, in a picture that was dropped', async () => {
    const page = await open();
    await give(page, 'drop');
    await page.locator('#find.has-picture').waitFor();
    await typeAtOnce(page, 'strawberry, bell');
    await until(
      () => labels(page),
      (value) => expect(value).toEqual(['strawberry', 'bell']),
    );
    expect(asked('POST /v1/pictures')).toBe(1);
    // Pauses in the typing alone make requests, and a phrase that is finished.
    expect(asked('POST /v1/pictures/:id/detect')).toBeLessThan(6);
    expect(await page.locator('#find-stage .box').count()).toBe(2);
    expect(await page.locator('#status').textContent()).toBe('2 found: 1 strawberry, 1 bell');
  });

  test('a pasted picture takes the place of the former, which the server may forget', async () => {
    const page = await open();
    await openBell(page, 'bell');
    await give(page, 'paste');
    await until(
      () => asked('DELETE /v1/pictures/:id'),
      (value) => expect(value).toBe(1),
    );
    await until(
      () => labels(page),
      (value) => expect(value).toEqual(['bell']),
    );
    expect(asked('POST /v1/pictures')).toBe(2);
  });

  test('an answer to what was typed before is dropped', async () => {
    server.delays = { bell: 700 };
    const page = await open();
    await openBell(page);
    await page.fill('#prompt', 'bell');
    await until(
      () => asked('POST /v1/pictures/:id/detect'),
      (value) => expect(value).toBe(1),
    );
    await page.fill('#prompt', 'pizza');
    await page.fill('#threshold', '0.3');
    await until(
      () => labels(page),
      (value) => expect(value).toEqual(['pizza']),
    );
    await page.waitForTimeout(600);
    expect(await labels(page)).toEqual(['pizza']);
  });

  test('a picture at an address comes through the server', async () => {
    const page = await open();
    await page.click('text=Address…');
    await page.fill('#address-2', 'nowhere');
    await page.press('#address-2', 'Enter');
    await page.locator('#notice.is-error').waitFor();
    await page.click('text=Address…');
    await page.fill('#address-2', 'https://example.org/a%20bell.jpg?size=1');
    await page.press('#address-2', 'Enter');
    await page.locator('#find.has-picture').waitFor();
    expect(await page.locator('#file-name').textContent()).toBe('a bell.jpg');
    expect(asked('POST /v1/pictures')).toBe(1);
  });

  describe('and the real server', () => {
    const { server: real } = testServer();
    afterAll(() => real.close());

    test('understand each other', async () => {
      const opened = await visit(desktop.page.context(), await listening(real));
      visits.push(opened);
      const { page } = opened;
      await page.locator('#find:not([hidden])').waitFor();
      const buffer = await picture();
      await page.setInputFiles('#file', { name: 'a.png', mimeType: 'image/png', buffer });
      await page.locator('#find.has-picture').waitFor();
      await page.fill('#prompt', 'red cat');
      await until(
        () => labels(page),
        (value) => expect(value).toContain('red cat'),
      );
      // While the field has the focus: leaving it must not take the click from the list.
      await found(page).first().click();
      await page.locator('#look-alike-list li').first().waitFor();
      await page.click('#more-like');
      await until(
        () => labels(page),
        (value) => expect(value).toContain('thing 1'),
      );
      await page.click('text=Heat map');
      await page.locator('#legend').waitFor();
    });
  });

  test('phrases can be edited, removed, and pasted as a list', async () => {
    const page = await open();
    await openBell(page, 'sofa|couch', 'bell');
    expect(server.bodies.at(-1)).toMatchObject({ prompts: ['sofa|couch', 'bell'] });
    await page.press('#prompt', 'Backspace');
    expect(await page.inputValue('#prompt')).toBe('bell');
    await page.fill('#prompt', '');
    await page.click('[aria-label="Remove sofa|couch"]');
    expect(await page.locator('#chips li').count()).toBe(0);
    await page.locator('#prompt').evaluate((field) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', 'strawberry\nbell\n');
      field.dispatchEvent(
        new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData }),
      );
    });
    await until(
      () => labels(page),
      (value) => expect(value).toEqual(['strawberry', 'bell']),
    );
  });

  test('Chinese is typed with its own signs, and a word is no phrase while it is being composed', async () => {
    const page = await open();
    await openBell(page, 'bell');
    const field = page.locator('#prompt');
    const input = (value: string, isComposing: boolean) =>
      field.evaluate(
        (element, [text, composing]) => {
          (element as HTMLInputElement).value = text as string;
          const isComposing = composing as boolean;
          element.dispatchEvent(new InputEvent('input', { bubbles: true, isComposing }));
          if (!isComposing) element.dispatchEvent(new CompositionEvent('compositionend'));
        },
        [value, isComposing],
      );
    const before = asked('POST /v1/pictures/:id/detect');
    await input('mao，', true);
    expect(await page.locator('#chips li').count()).toBe(1);
    expect(asked('POST /v1/pictures/:id/detect')).toBe(before);
    await input('猫｜猫咪，狗、', false);
    const chips = await page.locator('#chips .chip-edit').allTextContents();
    expect(chips).toEqual(['bell', '猫｜猫咪', '狗']);
  });

  test('the least score is chosen without asking the server', async () => {
    const page = await open();
    await openBell(page, 'strawberry', 'pizza');
    await until(
      () => labels(page),
      (value) => expect(value).toEqual(['strawberry']),
    );
    await until(
      () => page.locator('#found-hint').textContent(),
      (value) => expect(value).toBe('2 more below 0.50.'),
    );
    const before = server.requests.length;
    await page.fill('#threshold', '0.1');
    expect(await labels(page)).toEqual(['strawberry', 'pizza', 'strawberry']);
    await page.focus('#threshold');
    await page.keyboard.press('End');
    expect(await found(page).count()).toBe(0);
    expect(server.requests.length).toBe(before);
  });

  test('the heat map of a phrase, with its legend', async () => {
    const page = await open();
    await openBell(page, 'strawberry', 'bell');
    await page.click('text=Heat map');
    await page.locator('#legend').waitFor();
    expect(server.bodies).toContainEqual({ phrase: 'bell' });
    expect(await page.locator('#legend-high').textContent()).toBe('0.99');
    expect(await page.locator('#find-stage canvas').count()).toBe(1);
    await page.selectOption('#heatmap-phrase', 'strawberry');
    await until(
      () => server.bodies.at(-1),
      (value) => expect(value).toEqual({ phrase: 'strawberry' }),
    );
    await page.click('.switch >> text=Boxes');
    expect(await page.locator('#find-stage canvas').count()).toBe(0);
    expect(await page.locator('#find-stage .box').count()).toBe(2);
  });

  test('a model without heat maps offers none', async () => {
    server.heatmaps = false;
    const page = await open();
    await openBell(page, 'strawberry');
    expect(await page.getByText('Heat map').isVisible()).toBe(false);
    expect(await page.locator('#view-switch').isVisible()).toBe(false);
    expect(await violations(page)).toEqual([]);
  });

  test('what the model knows too little about is said below its chip, and no longer without it', async () => {
    const message = '“wug” is far from every name.';
    server.advice = { wug: message, wu: 'A word that is not whole.' };
    const page = await open();
    await openBell(page, 'strawberry');
    const advice = page.locator('#advice li');
    await page.locator('#prompt').pressSequentially('wu', { delay: 5 });
    const before = asked('POST /v1/pictures/:id/detect');
    await until(
      () => asked('POST /v1/pictures/:id/detect'),
      (count) => expect(count).toBeGreaterThan(before),
    );
    expect(await advice.count()).toBe(0);
    await page.locator('#prompt').pressSequentially('g,');
    await advice.waitFor();
    expect(await advice.allTextContents()).toEqual([message]);
    expect(await violations(page)).toEqual([]);
    await page.click('[aria-label="Remove wug"]');
    expect(await advice.count()).toBe(0);
  });

  test('what a box or a drawn rectangle looks like', async () => {
    const page = await open();
    await openBell(page, 'strawberry', 'bell');
    const at = await pointOf(page, 180, 120);
    await page.mouse.click(at.x, at.y);
    await page.locator('#look-alike-list li').first().waitFor();
    expect(await page.locator('#look-alike-list li').first().textContent()).toBe('strawberry70 %');
    expect(await found(page).first().getAttribute('aria-selected')).toBe('true');
    expect(server.bodies.at(-1)).toMatchObject({ box: { xmin: 120, ymax: 202 } });

    const [from, to] = [await pointOf(page, 400, 300), await pointOf(page, 500, 400)];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 3 });
    await page.mouse.up();
    await until(
      () => asked('POST /v1/pictures/:id/look-alikes'),
      (value) => expect(value).toBe(2),
    );
    const { box } = server.bodies.at(-1) as { box: Record<string, number> };
    expect(Math.abs(box.xmin - 400) + Math.abs(box.ymax - 400)).toBeLessThan(4);
    await page.keyboard.press('Escape');
    expect(await page.locator('#look-alikes').isHidden()).toBe(true);
    // The arrow keys go on where the mouse left the rectangle.
    await page.focus('#region-tool');
    await page.keyboard.press('Control+ArrowLeft');
    await page.keyboard.press('Shift+ArrowDown');
    await until(
      () => server.bodies.at(-1),
      (body) => expect(body).toMatchObject({ box: { xmin: box.xmin - 10, ymax: box.ymax + 1 } }),
    );
  });

  describe('labels made of examples', () => {
    const name = '.shown-name';
    const counts = (page: Page) => page.locator('.shown-count').allTextContents();
    const prompts = () => (server.bodies.at(-1) as { prompts?: unknown[] }).prompts;
    const shows = (page: Page, ...expected: string[]) =>
      until(
        () => labels(page),
        (value) => expect(value).toEqual(expected),
      );

    test('find more like a box, get a name, and lose what is not meant', async () => {
      const page = await open();
      await openBell(page, 'bell');
      await found(page).first().click();
      expect(await page.locator('#more-like-label').isHidden()).toBe(true);
      await page.click('#more-like');
      await shows(page, 'thing 1', 'bell');
      const shown = [{ xmin: 112, ymin: 294, xmax: 239, ymax: 425 }];
      expect(server.bodies).toContainEqual(expect.objectContaining({ label: 'thing 1', shown }));
      expect(await page.locator('.thumbnails canvas').count()).toBe(1);
      // The name is chosen, to be typed at once: words and examples of one name are one label.
      await page.keyboard.type('bell\n');
      await shows(page, 'bell');
      const examples = [expect.objectContaining({ unlike: '' })];
      const both = [{ label: 'bell', phrasings: ['bell'], examples }];
      await until(prompts, (value) => expect(value).toEqual(both));
      await page.click('[aria-label="Remove bell"]');
      await until(prompts, (value) => expect(value).toEqual([{ label: 'bell', examples }]));

      await found(page).first().click();
      expect(await page.locator('#more-like-label option:checked').textContent()).toBe(
        'For “bell”',
      );
      await page.click('#not-this');
      await until(
        () => counts(page),
        (value) => expect(value).toEqual(['1 example, 1 not']),
      );
      await shows(page);
      await page.keyboard.press('ArrowLeft');
      await page.selectOption('#more-like-label', 'For “bell”');
      await page.click('#more-like');
      await until(
        () => counts(page),
        (value) => expect(value).toEqual(['2 examples, 1 not']),
      );
      await page.click('.shown-label [aria-label="Remove bell"]');
      expect(await page.locator('#prompt').evaluate((field) => field.matches(':focus'))).toBe(true);
    });

    test('stay for another picture, and go into a file that can be opened again', async () => {
      const page = await open();
      await openBell(page, 'bell');
      await found(page).first().click();
      await page.click('#more-like');
      await page.fill(name, 'wheel');
      await page.press(name, 'Enter');
      await give(page, 'paste');
      await until(
        () => asked('DELETE /v1/pictures/:id'),
        (value) => expect(value).toBe(1),
      );
      await shows(page, 'wheel', 'bell');
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.click('[aria-label="Save wheel as a file"]'),
      ]);
      expect(file.suggestedFilename()).toBe('wheel.json');
      const content = readFileSync(await file.path(), 'utf8');
      const saved = JSON.parse(content);
      expect(saved).toMatchObject({ format: 'fgdet examples 1', label: 'wheel', model: 'a1' });
      const openFile = (text: string) =>
        page.setInputFiles('#file', {
          ...{ name: 'wheel.json', mimeType: 'application/json', buffer: Buffer.from(text) },
        });
      await page.click('[aria-label="Remove wheel"]');
      await openFile(content);
      await shows(page, 'wheel', 'bell');
      await openFile(JSON.stringify({ ...saved, shown: `${saved.shown}${saved.shown}` }));
      await until(
        () => counts(page),
        (value) => expect(value).toEqual(['1 example', '2 examples']),
      );
      expect(await page.locator(name).nth(1).inputValue()).toBe('wheel 2');
      await openFile(JSON.stringify({ ...saved, model: 'b2' }));
      await page.locator('#notice-text:has-text("made with another model")').waitFor();
      await openFile('{"format": "x"}');
      await page.locator('#notice-text:has-text("is no label made of examples")').waitFor();
    });
  });

  test('the list and the boxes point at each other', async () => {
    const page = await open();
    await openBell(page, 'strawberry', 'bell');
    await found(page).nth(1).hover();
    await page.locator('.box.is-pointed').waitFor();
    const at = await pointOf(page, 180, 120);
    await page.mouse.move(at.x, at.y);
    await until(
      () => page.locator('.found .is-pointed').allInnerTexts(),
      (value) => expect(value).toEqual([expect.stringContaining('strawberry')]),
    );
    await found(page).first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await until(
      () => found(page).nth(1).getAttribute('aria-selected'),
      (value) => expect(value).toBe('true'),
    );
  });

  test('copies JSON, saves labels and the annotated picture', async () => {
    const page = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await openBell(page, 'bell');
    await page.click('#copy');
    await page.locator('#notice-text:has-text("Copied as JSON")').waitFor();
    const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
    expect(copied).toMatchObject({
      ...{ image: 'bell.jpg', width: 640, height: 480 },
      detections: [{ label: 'bell', score: 0.91, box: { xmin: 112 } }],
    });

    await page.selectOption('#format', 'voc');
    const [labelFile] = await Promise.all([
      page.waitForEvent('download'),
      page.click('#save-labels'),
    ]);
    expect(labelFile.suggestedFilename()).toBe('bell.voc.json');
    const sent = JSON.parse(readFileSync(await labelFile.path(), 'utf8'));
    expect(sent).toMatchObject({ format: 'voc', file: 'bell.jpg', categories: ['bell'] });

    const [drawn] = await Promise.all([page.waitForEvent('download'), page.click('#save-picture')]);
    expect(drawn.suggestedFilename()).toBe('bell.detections.png');
    const { width, height, format } = await sharp(await drawn.path()).metadata();
    expect({ width, height, format }).toEqual({ width: 640, height: 480, format: 'png' });
  });

  test('a picture that the server has forgotten is sent again', async () => {
    const page = await open();
    await openBell(page, 'bell');
    server.evict();
    await page.fill('#prompt', 'strawberry');
    await until(
      () => labels(page),
      (value) => expect(value).toEqual(['strawberry', 'bell']),
    );
    expect(asked('POST /v1/pictures')).toBe(2);
    visits[0].complaints.splice(0).forEach((complaint) => {
      expect(complaint).toContain('404');
    });
  });

  test('an overloaded server is asked again, and the page says so', async () => {
    const page = await open();
    await openBell(page);
    server.overloaded = 1;
    await page.fill('#prompt', 'bell');
    await page.locator('#notice-text:has-text("trying again in a second")').waitFor();
    await until(
      () => labels(page),
      (value) => expect(value).toEqual(['bell']),
    );
    visits[0].complaints.splice(0).forEach((complaint) => {
      expect(complaint).toContain('503');
    });
  });

  test('asks for a token once', async () => {
    server.token = 'secret';
    const page = await open();
    await page.fill('#token', 'wrong');
    await page.keyboard.press('Enter');
    await page.locator('#token-wrong').waitFor();
    await page.fill('#token', 'secret');
    await page.keyboard.press('Enter');
    await page.locator('#find').waitFor();
    await openBell(page, 'bell');
    await page.reload();
    await page.locator('#find').waitFor();
    expect(await page.locator('#token-dialog').isHidden()).toBe(true);
    visits[0].complaints.splice(0).forEach((complaint) => {
      expect(complaint).toContain('401');
    });
  });

  test('what is no picture is said to be none', async () => {
    const page = await open();
    const file = { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no') };
    await page.setInputFiles('#file', file);
    await page.locator('#notice.is-error').waitFor();
    visits[0].complaints.length = 0;
  });

  test('fits a phone, where a finger draws once the tool is chosen', async () => {
    const page = await open(phone);
    await openBell(
      page,
      'strawberry',
      'pink rooster',
      'bell',
      'a phrase that is quite long for a phone',
    );
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.tap('text=Heat map');
    await page.locator('#legend').waitFor();
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.tap('#region-tool');
    await page.evaluate(() => {
      const stage = document.querySelector('#find-stage') as HTMLElement;
      // Pointers that are made here cannot be captured.
      stage.setPointerCapture = () => undefined;
      const { left, top } = stage.getBoundingClientRect();
      const point = (type: string, x: number, y: number) =>
        stage.dispatchEvent(
          new PointerEvent(type, {
            ...{ pointerId: 7, pointerType: 'touch', bubbles: true, isPrimary: true },
            ...{ clientX: left + x, clientY: top + y },
          }),
        );
      point('pointerdown', 40, 40);
      point('pointermove', 120, 120);
      point('pointerup', 120, 120);
    });
    await page.locator('#look-alike-list li').first().waitFor();
  });

  test('is accessible: axe finds nothing, and Tab goes through it in order', async () => {
    const page = await open({ colorScheme: 'light', reducedMotion: 'reduce' });
    await openBell(page, 'strawberry', 'bell');
    await found(page).last().click();
    await page.click('#more-like');
    await until(
      () => labels(page),
      (value) => expect(value).toContain('thing 1'),
    );
    await found(page).first().click();
    await page.locator('#look-alike-list li').first().waitFor();
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations(page)).toEqual([]);
    await page.locator('#prompt').focus();
    const stops: string[] = [];
    for (let i = 0; i < 15; i++) {
      await page.keyboard.press('Tab');
      stops.push(await page.evaluate(() => document.activeElement?.id || 'item'));
    }
    expect(stops).toEqual([
      ...['view-boxes', 'region-tool', 'zoom-out', 'zoom-fit', 'zoom-in', 'threshold'],
      ...['item', 'look-alike-close', 'more-like-label', 'more-like', 'copy', 'save-picture'],
      ...['format', 'save-labels', ...stops.slice(14)],
    ]);
  });

  test('the picture can be zoomed and moved', async () => {
    const page = await open();
    await openBell(page, 'bell');
    const width = async () =>
      (await page.locator('#find-stage .picture').boundingBox())?.width ?? 0;
    const before = await width();
    await page.click('#zoom-in');
    await until(width, (value) => expect(value).toBeCloseTo(before * 1.5, 0));
    const at = await pointOf(page, 320, 240);
    await page.mouse.move(at.x, at.y);
    await page.mouse.wheel(0, -100);
    await until(width, (value) => expect(value).toBeGreaterThan(before * 1.6));
    await page.click('#zoom-fit');
    await until(width, (value) => expect(value).toBeCloseTo(before, 0));
  });
});
