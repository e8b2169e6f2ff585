"""Reports: words, text tables, figures and the HTML report; they compute no result of their own."""
