"""What the pages' Save menus share: names of files, pictures, figures for a paper."""
