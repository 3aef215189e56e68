// Unpacks the page's own script and starts it; the policy above names the hashes of both, and nothing else may run.
(async () => {
  if (typeof DecompressionStream === "undefined") {
    document.getElementById("badge").textContent =
      "This browser is from before 2023 and cannot unpack the page's arrays: it shows texts and tables, and does not move.";
    return;
  }
  const letters = atob(document.getElementById("code").textContent);
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.body.append(script);
})();
