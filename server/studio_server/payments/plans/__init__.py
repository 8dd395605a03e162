"""Plans that are paid every month: agreements, invoices, and what they give."""
