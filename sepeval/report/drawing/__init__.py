"""What all figures are drawn with: canvas, widths of paper, lettering, keys."""
