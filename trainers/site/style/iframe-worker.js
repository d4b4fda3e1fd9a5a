/* A browser starts no worker for a page that it opened from a file, and material's search is one.
   There it runs in a hidden frame instead: same script, same messages. Elsewhere nothing changes. */
(function () {
  "use strict";
  if (location.protocol !== "file:") return;

  function FrameWorker(url) {
    var worker = this;
    var waiting = [];
    worker.onmessage = null;
    worker.listeners = [];
    worker.frame = document.createElement("iframe");
    worker.frame.hidden = true;
    worker.frame.title = "search";
    worker.postMessage = function (data) { waiting.push(data); };
    worker.addEventListener = function (type, listener) {
      if (type === "message") worker.listeners.push(listener);
    };
    worker.removeEventListener = function (type, listener) {
      worker.listeners = worker.listeners.filter(function (each) { return each !== listener; });
    };
    worker.terminate = function () { worker.frame.remove(); };

    function start() {
      document.body.appendChild(worker.frame);
      var inside = worker.frame.contentWindow;
      inside.document.open();
      inside.document.write("<!doctype html><title>search</title>");
      inside.document.close();
      // What the script inside posts comes here; what is posted here goes to the script inside.
      inside.postMessage = function (data) {
        var event = new MessageEvent("message", { data: data });
        if (worker.onmessage) worker.onmessage(event);
        worker.listeners.forEach(function (listener) { listener(event); });
      };
      inside.importScripts = function () {
        // Only other languages than English import any; each after the one before.
        return Array.prototype.reduce.call(arguments, function (before, source) {
          return before.then(function () { return load(inside, source); });
        }, Promise.resolve());
      };
      load(inside, url).then(function () {
        worker.postMessage = function (data) {
          inside.dispatchEvent(new inside.MessageEvent("message", { data: data }));
        };
        waiting.splice(0).forEach(worker.postMessage);
      });
    }

    function load(inside, source) {
      return new Promise(function (done, failed) {
        var script = inside.document.createElement("script");
        script.src = new URL(source, location.href).href;
        script.onload = done;
        script.onerror = failed;
        inside.document.head.appendChild(script);
      });
    }

    if (document.body) start();
    else document.addEventListener("DOMContentLoaded", start);
  }

  window.Worker = FrameWorker;
})();
