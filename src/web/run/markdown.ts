/**
 * Markdown of strangers as elements that do nothing: what a job writes shows, but runs no script, loads nothing from
 * elsewhere, takes no name that the page uses, and looks like nothing of the page's own.
 */
import DOMPurify from 'dompurify';
import { Marked } from 'marked';

const TAGS =
  'a b blockquote br caption code col colgroup dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img input ins kbd li ol p picture pre q s samp small span strike strong sub summary sup table tbody td tfoot th thead tr tt u ul var';
const ATTRIBUTES = 'align alt checked colspan disabled height href open rowspan scope src start title type width';
/** What the page's content policy lets through; everything else would be a request to somewhere. */
const OWN_IMAGE = /^data:image\/(png|jpeg|gif|webp);base64,/i;
const LINK = /^(https?:|mailto:|#)/i;

/** The library tests the values of all attributes with it, those that are no addresses too. */
const NO_SCHEME_BUT_THESE = /^(?:(?:https?|mailto):|data:image\/|[^a-z]|[a-z+.-]+(?:[^a-z+.\-:]|$))/i;

const markdown = new Marked({ gfm: true, async: false });
let purifier: ReturnType<typeof DOMPurify> | undefined;

/** @returns the text alone when it cannot be read as Markdown, as when it is nested too deep */
export function renderMarkdown(text: string): DocumentFragment {
  purifier ??= createPurifier();
  try {
    const html = markdown.parse(text) as string;
    return purifier.sanitize(html, {
      ALLOWED_TAGS: TAGS.split(' '),
      ALLOWED_ATTR: ATTRIBUTES.split(' '),
      ALLOWED_URI_REGEXP: NO_SCHEME_BUT_THESE,
      ALLOW_DATA_ATTR: false,
      ALLOW_ARIA_ATTR: false,
      RETURN_DOM_FRAGMENT: true,
    });
  } catch {
    const fragment = document.createDocumentFragment();
    const pre = document.createElement('pre');
    pre.textContent = text;
    fragment.append(pre);
    return fragment;
  }
}

function createPurifier(): ReturnType<typeof DOMPurify> {
  const own = DOMPurify(window);
  own.addHook('afterSanitizeAttributes', (node) => {
    if (node instanceof HTMLImageElement) replaceForeignImage(node);
    else if (node instanceof HTMLAnchorElement) guardLink(node);
    else if (node instanceof HTMLInputElement) keepCheckbox(node);
  });
  return own;
}

/** An image from elsewhere would tell its owner who looks: a link says where it is instead. */
function replaceForeignImage(image: HTMLImageElement): void {
  const source = image.getAttribute('src') ?? '';
  if (OWN_IMAGE.test(source)) return;
  const link = document.createElement('a');
  link.textContent = image.alt || 'image';
  if (LINK.test(source)) link.href = source;
  guardLink(link);
  image.replaceWith(link);
}

function guardLink(link: HTMLAnchorElement): void {
  if (!LINK.test(link.getAttribute('href') ?? '')) link.removeAttribute('href');
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
}

/** Task lists have them; every other field would ask for something. */
function keepCheckbox(input: HTMLInputElement): void {
  if (input.type !== 'checkbox') input.remove();
  input.disabled = true;
}
