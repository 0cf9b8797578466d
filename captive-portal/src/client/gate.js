/*
 * Makes waiting smoother where there is a script: asks each second how the purchase stands and loads the page anew only
 * when that has changed; counts the seconds down. Written for browsers of 2012: no promises, no arrows, nothing kept.
 */
;(function () {
  'use strict'
  var main = document.getElementById('waits')
  if (!main) return
  var state = main.getAttribute('data-state')
  var address = main.getAttribute('data-address')
  var left = document.getElementById('left')
  var seconds = left ? Number(left.getAttribute('data-sec')) : 0

  function ask() {
    var request = new XMLHttpRequest()
    request.open('GET', address)
    request.timeout = 8000
    request.onload = function () {
      if (request.status === 200 && request.responseText !== state) location.reload()
      else later()
    }
    // The phone has lost the Wi-Fi for a moment, or the box is starting: it goes on by itself.
    request.onerror = request.ontimeout = later
    request.send()
  }

  function later() {
    setTimeout(ask, document.hidden ? 3000 : 1000)
  }

  function count() {
    if (!left || seconds <= 0) return
    seconds -= 1
    left.firstChild.nodeValue = String(seconds)
    setTimeout(count, 1000)
  }

  later()
  setTimeout(count, 1000)
})()
