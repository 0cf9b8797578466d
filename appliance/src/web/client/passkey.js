// Passkeys: asks the box what to sign, has the browser sign it, and sends the form with the answer. Forms for it are
// hidden until here; without a script, or in a browser that has no passkeys, password and code do.

const octetsOf = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
const textOf = (octets) =>
  btoa(String.fromCharCode(...new Uint8Array(octets)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
const known = (each) => ({ ...each, id: octetsOf(each.id) })

const make = async (options) => {
  const user = { ...options.user, id: octetsOf(options.user.id) }
  const excludeCredentials = options.excludeCredentials.map(known)
  const publicKey = { ...options, challenge: octetsOf(options.challenge), user, excludeCredentials }
  const { id, type, rawId, response } = await navigator.credentials.create({ publicKey })
  return {
    id,
    type,
    rawId: textOf(rawId),
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      attestationObject: textOf(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  }
}

const sign = async (options) => {
  const allowCredentials = options.allowCredentials.map(known)
  const publicKey = { ...options, challenge: octetsOf(options.challenge), allowCredentials }
  const { id, type, rawId, response } = await navigator.credentials.get({ publicKey })
  return {
    id,
    type,
    rawId: textOf(rawId),
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      authenticatorData: textOf(response.authenticatorData),
      signature: textOf(response.signature),
      userHandle: response.userHandle && textOf(response.userHandle),
    },
  }
}

const answerFor = async (address) => {
  const asked = await fetch(address, { method: 'POST', headers: { accept: 'application/json' } })
  if (!asked.ok || asked.redirected) throw new Error('the box has nothing to sign')
  const { create, get } = await asked.json()
  return create ? make(create) : sign(get)
}

const REASONS = { NotAllowedError: 'none', SecurityError: 'none', AbortError: 'none', InvalidStateError: 'known' }
let isAsking = false

const send = async (form) => {
  const said = form.querySelector('[role="alert"]')
  said.hidden = true
  try {
    form.elements.response.value = JSON.stringify(await answerFor(form.dataset.passkey))
    form.submit()
  } catch (error) {
    said.hidden = false
    said.textContent = said.dataset[REASONS[error.name] ?? 'failed']
    // At once, wherever the dialog of the browser has left the person.
    const button = form.querySelector('button')
    button.disabled = false
    button.focus()
  }
  isAsking = false
}

for (const form of window.PublicKeyCredential ? document.querySelectorAll('[data-passkey]') : []) {
  form.hidden = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (isAsking) return
    isAsking = true
    void send(form)
  })
}
