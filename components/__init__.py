"""What pages are built from: ids, theme, shell, tables and pictures. Imports core, never pages."""
