"""A guided tour and three lessons: questions that lead from page to page, each a link."""
