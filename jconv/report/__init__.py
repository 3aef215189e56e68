"""One self-contained page per run: the result in sentences, and every output number traced to samples and weights.

`write("page.html", x=x, kernel=kernel, ...)` writes it, `page(...)` shows it in a notebook. Python computes facts and
writes all texts and tables, so that the page speaks without a script; scripts without libraries (`assets/`) make it
move. What changed against the usual: a kernel's weights alone do not say which channel matters, so the page leads with
the share that adds up, and says how far the data leave it open.

    problem, stack, run     sizes and settings; the layers above; what the caller gave, checked
    facts                   numbers: shares, eigenvalues, spectra
    encode, budget, chosen  arrays as text; what is kept, and which outputs and places
    words, findings         numbers and sentences
    tables, sections        HTML that needs no script
    deep                    what is said of a whole network
    gather, checked         all facts of one run; jconv's own outputs for the check
    payload, numbers, prose what the browser gets: arrays, headings and tables, texts
    page                    all of it put together
"""

from jconv.report.page import Page, page, write
from jconv.report.run import Training
from jconv.report.stack import Confusion, Layer, Local, local

__all__ = ["Confusion", "Layer", "Local", "Page", "Training", "local", "page", "write"]
