// Plays a user's browser: follows redirects, signs in, decides, stops at the client's redirect URI.

import { parse } from 'parse5';

/** Opens the authorization URL as this user; the URL that the server sends the browser back to. */
export async function answer(
  url,
  redirectUri,
  { username = 'johndoe', password = 'secret', decision = 'allow' } = {},
) {
  const cookies = new Map();
  let request = { url: new URL(url) };
  for (let step = 0; step < 10; step += 1) {
    const response = await visit(request, cookies);
    const location = response.headers.get('location');
    if (location) {
      const target = new URL(location, request.url);
      if (target.href.startsWith(redirectUri)) return target;
      request = { url: target };
    } else {
      request = fill(await response.text(), request.url, { username, password, decision });
    }
  }
  throw new Error(`the server asks without end, at last at ${request.url}`);
}

async function visit({ url, form }, cookies) {
  const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
  const response = await fetch(url, {
    method: form ? 'POST' : 'GET',
    body: form,
    headers: cookie ? { cookie } : {},
    redirect: 'manual',
  });
  for (const line of response.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    cookies.set(name, value);
  }
  return response;
}

/** The first form of the page that asks for something we would type or press, filled in. */
function fill(html, url, typed) {
  for (const form of find(parse(html), ['form'])) {
    const fields = new URLSearchParams();
    for (const field of find(form, ['input', 'button'])) {
      const name = attribute(field, 'name');
      if (name) fields.set(name, typed[name] ?? attribute(field, 'value'));
    }
    if (fields.has('password') || fields.has('decision')) {
      return { url: new URL(attribute(form, 'action'), url), form: fields };
    }
  }
  throw new Error(`${url} has no form for us:\n${html}`);
}

function find(node, names) {
  const below = (node.childNodes ?? []).flatMap((child) => find(child, names));
  return names.includes(node.nodeName) ? [node, ...below] : below;
}

function attribute(element, name) {
  return element.attrs.find((held) => held.name === name)?.value ?? '';
}
